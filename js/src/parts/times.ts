/** Times and lengths of time in words. No DOM, no clock of its own. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const SECONDS = { y: 365 * DAY, d: DAY, h: HOUR, m: MINUTE, s: 1 };
const NAMES = { y: "year", d: "day", h: "hour", m: "minute", s: "second" };

type Unit = keyof typeof SECONDS;

/**
 * A moment in the page's time, as short as it can be understood.
 *
 * It is given in seconds of a clock that is `ahead` of the page's: in minutes, because each panel finds that by a
 * message, and two panels would name two minutes for one moment after messages that took unlike times.
 */
export function moment(seconds: number, ahead = 0): string {
  const when = new Date((seconds - Math.round(ahead / MINUTE) * MINUTE) * 1000);
  const days = Math.abs(when.getTime() - Date.now()) / 86_400_000;
  const say = (options: Intl.DateTimeFormatOptions) => when.toLocaleString("en-GB", options);
  return [
    say({ weekday: "short" }),
    ...(days > 6 ? [say({ day: "numeric", month: "short" })] : []),
    ...(days > 300 ? [say({ year: "numeric" })] : []),
    say({ hour: "2-digit", minute: "2-digit" }),
  ].join(" ");
}

/** How far two moments are apart, such as `6 d 4 h`. */
export function span(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds));
  if (left < MINUTE) return "less than a minute";
  if (left < HOUR) return `${Math.floor(left / MINUTE)} min`;
  if (left < DAY) return `${Math.floor(left / HOUR)} h`;
  const [days, hours] = [Math.floor(left / DAY), Math.floor((left % DAY) / HOUR)];
  return days < 10 && hours > 0 ? `${days} d ${hours} h` : `${days} d`;
}

/** A length as the wire has it, such as `7d`, in seconds. */
export function secondsOf(length: string): number {
  return Number.parseInt(length, 10) * SECONDS[length.slice(-1) as Unit];
}

/** The same in words. */
export function inWords(length: string): string {
  const count = Number.parseInt(length, 10);
  const name = NAMES[length.slice(-1) as Unit];
  return name ? `${count} ${name}${count === 1 ? "" : "s"}` : length;
}
