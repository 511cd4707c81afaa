/**
 * The contract between the plugin and the CRM page that hosts it: what `plugin.js` exports and what it asks for.
 * Types only; nothing here runs. All values can be cloned by `postMessage`.
 */

/** A record of the CRM that holds documents. */
export interface RecordRef {
  kind: "contact" | "company" | "project" | "meeting" | "product";
  id: string;
  /** As shown to people. */
  name: string;
}

/** Where Dropbox is, without a slash at the end. The real service where a field is missing. */
export interface DropboxEndpoints {
  api?: string;
  content?: string;
  notify?: string;
  www?: string;
}

/** What the page gives to the plugin. */
export interface Host {
  /** The CRM's public API. */
  apiBase: string;
  /**
   * A fresh bearer token of the signed-in user. `refused`: the API just answered 401 to this one. While there is none, the
   * promise may stay open: the sync pauses, and goes on where it was.
   */
  getAccessToken(refused?: string): Promise<string>;
  account: { id: string };
  user: { id: string };
  /** BCP 47. */
  locale: string;
  /** Values of the manifest's parameters. */
  settings: { dropboxAppKey: string; dropboxEndpoints?: DropboxEndpoints; [parameter: string]: unknown };
  /** Where Dropbox's sign-in comes back to; the package's `oauth.html` where it is missing. */
  redirectUri?: string;
  /** Listens; the answer stops listening. */
  on(event: "documents.changed" | "record.changed", listener: (record: RecordRef) => void): () => void;
  /** The CRM's own panel reloads its list. */
  notifyDocumentsChanged(record: RecordRef): void;
}

/** Something shown in an element of the page. */
export interface Mounted {
  unmount(): void;
}

/** What one cycle did. Counts, unless said otherwise. */
export interface SyncReport {
  /** Documents written to Dropbox. */
  toDropbox: number;
  /** Documents written to the CRM. */
  toCrm: number;
  moved: number;
  /** Files deleted in Dropbox. */
  deleted: number;
  /** Conflicts, each kept double. */
  conflicts: number;
  /** Paths that could not be done. */
  problems: number;
  /** Records stopped by a guard. */
  halted: number;
  requests: number;
  /** In milliseconds. */
  durationMs: number;
  /** What ended the cycle early: a name, or a name with its detail. */
  error: string | Record<string, unknown> | null;
}

/** The running plugin. */
export interface Plugin {
  /** Throws for what is no record; nothing is mounted then. */
  mountDocumentsPanel(element: HTMLElement, record: RecordRef): Mounted;
  mountSettings(element: HTMLElement): Mounted;
  /** Runs one cycle over all linked records; joins the one that runs. */
  sync(): Promise<SyncReport>;
  /** Ends the plugin in this page. Connection, state and documents stay. */
  stop(): Promise<void>;
  /**
   * The same for good, as when the plugin is uninstalled: the user's connection to Dropbox is revoked, what the plugin
   * kept in this browser is deleted. Documents stay on both sides.
   */
  remove(): Promise<void>;
}

/** Starts the plugin; once per page. */
export function start(host: Host): Promise<Plugin>;
