/**
 * The wire: what Python says to the page and the page to Python.
 *
 * The twin of `tiled_jupyter/wire.py`; `tests/wire.json` holds an example of everything, and both sides
 * are tested against it. No secret can be said here: a password travels beside a message, as a buffer.
 */

export interface Failure {
  kind:
    | "bad_address"
    | "unreachable"
    | "not_a_server"
    | "credentials"
    | "not_sent"
    | "server"
    | "deadline"
    | "cancelled"
    | "denied"
    | "expired"
    | "identity";
  sentence: string;
}

export interface Provider {
  name: string;
  mode: string;
  refusal: string | null;
  text: string | null;
}

export interface Server {
  uri: string;
  host: string;
  required: boolean;
  providers: Provider[];
  new: boolean;
  preferred: string | null;
  sign_ins: number | null;
  unverified: boolean;
}

/** Who somebody is; where the server gives no name, `id` is what they are in its database. */
export interface Identity {
  id: string;
  provider: string | null;
  kind: "named" | "service" | "unnamed";
  name: string | null;
}

export interface KeyNotice {
  sentence: string;
  usable: boolean;
}

export interface Disconnected {
  kind: "disconnected";
  address: string;
  failure: Failure | null;
}

export interface Connecting {
  kind: "connecting";
  attempt: number;
  address: string;
  since: number;
  trouble: string | null;
}

export interface SignedOut {
  kind: "signed_out";
  server: Server;
  reason: string | null;
  failure: Failure | null;
  rejections: number;
  expected: Identity | null;
  key: KeyNotice | null;
}

export type Method = "password" | "device" | "api_key" | "saved";

export interface Verifying {
  kind: "verifying";
  form: SignedOut;
  attempt: number;
  since: number;
  method: Method;
  trouble: string | null;
}

export interface UserCode {
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string | null;
  deadline: number;
  qr: string | null;
}

export interface AwaitingAuthorization {
  kind: "awaiting_authorization";
  form: SignedOut;
  attempt: number;
  since: number;
  provider: string;
  code: UserCode;
  trouble: string | null;
}

/** Something an API key may do; `words` for people, `description` is Tiled's own. */
export interface Scope {
  name: string;
  words: string;
  description: string;
  dangerous: boolean;
}

/**
 * A row of the list of keys. Times are seconds since the epoch, null for never; `made` and `since` where known;
 * `file` where the key has one and works.
 */
export interface ListedKey {
  first_eight: string;
  note: string | null;
  may: string[];
  access_tags: string[] | null;
  expires: number | null;
  last_used: number | null;
  marks: string[];
  in_use: boolean;
  made: string | null;
  since: number | null;
  file: string | null;
}

/**
 * The keys of the account, and what a new one may be; `expires_in` and `note` are what the form begins with.
 * `stale_files` are paths of files whose keys work no longer.
 */
export interface Keys {
  rows: ListedKey[];
  of_limit: string;
  full: boolean;
  scopes: Scope[];
  unavailable: string | null;
  note: string;
  expires_in: string;
  max_days: number | null;
  allow_copy: boolean;
  stale_files: string[];
}

/** How one kind of job gets its key; there is none in it. What belongs in a cell is not saved as a file. */
export interface Snippet {
  kind: string;
  name: string;
  text: string;
  save_as: string | null;
}

/** The scripts for a key that has a file; `saved` is what came of saving one: it lies there, or something else did. */
export interface Scripts {
  first_eight: string;
  note: string | null;
  file: string;
  snippets: Snippet[];
  saved: { kind: string; path: string; exists: boolean } | null;
}

/** The key that was just made, whose secret the kernel holds until it is dismissed. */
export interface MadeKey {
  first_eight: string;
  note: string | null;
  expires: number | null;
  saved_to: string | null;
  copied: boolean;
  in_use: string | null;
}

/** How long a key has to work for a job, in answer to what the person wrote; empty where that says nothing. */
export interface Proposal {
  runs_for: string;
  may_wait: string;
  expires_in: string;
  sentence: string | null;
}

/** A row of the list of sign-ins; `since` where that is known. */
export interface ListedSignIn {
  id: string;
  expires: number | null;
  this: boolean;
  where: string;
  since: number | null;
}

/** What the person has asked to see of the account: null until then. */
export interface Account {
  keys: Keys | null;
  sign_ins: ListedSignIn[] | null;
  made: MadeKey | null;
  scripts: Scripts | null;
  proposal: Proposal | null;
  busy: boolean;
  keys_failure: string | null;
  sign_ins_failure: string | null;
  access: string | null;
}

export interface SignedIn {
  kind: "signed_in";
  server: Server;
  identity: Identity | null;
  method: Method;
  provenance: string;
  remembered: boolean;
  api_keys: number | null;
  good_until: number | null;
  renews: boolean;
  account: Account;
}

/** A key of the person's own that is written in a cell: the one thing with a panel of its own that is no login. */
export interface KeyInCell {
  kind: "key_in_cell";
  first_eight: string;
  host: string;
  note: string | null;
  busy: boolean;
  revoked: string | null;
  refusal: string | null;
}

export type State =
  | Disconnected
  | Connecting
  | SignedOut
  | Verifying
  | AwaitingAuthorization
  | SignedIn
  | KeyInCell;

/** Which channel Python wants to be answered on. */
export type Transport = "shell" | "control";

/** Beside the login: what the panel needs to know to draw and to answer. Clocks are the kernel's, in seconds. */
export interface Surroundings {
  now: number;
  waiting: boolean;
  transport: Transport;
  comm: string;
  servers: string[];
  remember: "ask" | "never" | "always";
  elsewhere: boolean;
  cell: number | null;
  resuming: boolean;
  exposed: boolean;
  only_control: boolean;
  help_url: string;
}

export type StateMessage = { type: "state"; state: State } & Surroundings;

export type FromPython = StateMessage | { type: "ping"; transport: Transport; comm: string };

export type Command =
  | { type: "alive"; control: boolean }
  | { type: "ready"; control: boolean }
  | { type: "pong"; control: boolean }
  | { type: "connect" }
  | { type: "sign_in"; provider: string; username: string; remember: boolean }
  | { type: "begin"; provider: string; remember: boolean }
  | { type: "use_key" }
  | { type: "accept_key" }
  | { type: "set_key_aside" }
  | { type: "sign_out"; everywhere: boolean }
  | { type: "show_keys" }
  | { type: "propose_expiry"; runs_for: string; may_wait: string }
  | {
      type: "create_key";
      note: string;
      expires_in: string;
      runs_for: string;
      may_wait: string;
      scopes: string[];
      access_tags: string[];
      keep_in: "file" | "clipboard" | "kernel";
    }
  | { type: "show_scripts"; first_eight: string }
  | { type: "save_script"; kind: string; replace: boolean }
  | { type: "save_key" }
  | { type: "use_key_here"; environment: boolean }
  | { type: "key_copied" }
  | { type: "dismiss_key" }
  | { type: "delete_made_key" }
  | { type: "delete_keys"; first_eights: string[] }
  | { type: "delete_stale_files" }
  | { type: "explain_access" }
  | { type: "show_sign_ins" }
  | { type: "end_sign_in"; session: string }
  | { type: "end_other_sign_ins" }
  | { type: "change_server" }
  | { type: "cancel" };
