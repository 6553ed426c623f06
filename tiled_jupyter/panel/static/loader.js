var l=Symbol.for("tiled_jupyter");function i(){let e=globalThis;return e[l]??=new Map,e[l]}async function d(e){let n=(await e.widget_manager.get_model(e.get("code").replace(/^IPY_MODEL_/,""))).get("sc\
ript"),t=i().get(n);if(!t){let o=URL.createObjectURL(new Blob([n],{type:"text/javascript"}));t=import(o).finally(()=>URL.revokeObjectURL(o)),i().set(n,t)}return(await t).default()}var c=()=>{let e;function r({
model:t}){e=d(t);let o=e.then(({initialize:a})=>a({model:t}));return o.catch(a=>console.error("[tiled_jupyter] The panel was not loaded:",a)),()=>{o.then(a=>a(),()=>{})}}async function n(t){return(await e).
render(t)}return{initialize:r,render:n}};export{c as default};
