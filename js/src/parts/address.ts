/** Which addresses may be a link, and whether what is typed here crosses a network in the clear. */

function parsed(uri: string): URL | null {
  try {
    return new URL(uri);
  } catch {
    return null;
  }
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** The address as a link may have it: `https:`, or `http:` on this computer; null where it must stay text. */
export function linkTo(uri: string | null): string | null {
  const url = uri === null ? null : parsed(uri);
  // A user name before the host is how one host is made to look like another.
  if (!url || url.username || url.password) return null;
  const safe = url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
  return safe ? url.href : null;
}

/** Host and, where unusual, port: what the person compares. */
export function hostOf(uri: string): string {
  return parsed(uri)?.host ?? "";
}

/** Whether this page itself came over a network without encryption. */
export function isPageExposed({ protocol, hostname }: Pick<Location, "protocol" | "hostname">): boolean {
  return protocol === "http:" && !isLoopback(hostname);
}
