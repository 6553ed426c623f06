"""Print the page of the documentation that lists the settings, made of their own descriptions.

``python scripts/settings_page.py > docs/settings.md``; a test sees that the page is what the code says.
"""

from __future__ import annotations

from traitlets import Undefined

from tiled_jupyter.settings import TiledJupyter

PAGE = """\
# Settings

One section of IPython's configuration, `c.TiledJupyter`: in `/etc/ipython/ipython_config.py` for everybody on a
computer, in `etc/ipython/ipython_config.py` of an environment for who uses that, in `ipython_config.py` of a profile
for one person. What stands nearer to the person wins.

```python
c.TiledJupyter.servers = ["https://tiled.example.org"]
c.TiledJupyter.help_url = "https://example.org/help"
```

They guide honest users; who owns the kernel can ignore them.

What is wrong with them is said in the first cell of a kernel that loads the extension, once, by `%tiled_why`, and by
`python -m tiled_jupyter status`: the setting, the file and line where it was set, and what it may be.

* A value that cannot be used, and a misspelt name (`allow_unlisted_server`, `c.TiledJupiter`), also stop every sign-in:
  no restriction is guessed, and none is lost in silence.
* A name that resembles no setting stops nothing: one file may serve environments with different versions of this
  package.

One environment variable is read: `TILED_JUPYTER=0` in the environment of a kernel keeps the extension out of it.

| setting | default | must | what it does |
|---|---|---|---|
{rows}
"""


def page() -> str:
    """Write the page."""
    rows = []
    traits = TiledJupyter.class_own_traits(config=True)
    for name in (name for name in vars(TiledJupyter) if name in traits):  # in the order of the code
        trait = traits[name]
        default = trait.default()
        shown = "none" if default in (None, "", [], {}, Undefined) else f"`{default!r}`".replace("'", '"')
        what = trait.help.replace("``", "`")
        rows.append(f"| `{name}` | {shown} | {trait.metadata['must']} | {what} |")
    return PAGE.format(rows="\n".join(rows))


if __name__ == "__main__":
    print(page(), end="")
