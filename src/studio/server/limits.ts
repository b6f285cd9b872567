/** How much the server takes from whoever speaks to it. */

/** Bytes of a body that is no upload. */
export const largestBody = 2 ** 20;

/** Bytes of one uploaded video: hours of film. */
export const largestUpload = 2 ** 32;

/** Files of one upload. */
export const mostUploads = 64;

/** Characters of a path; paths end at 4096 bytes nearly everywhere. */
export const longestPath = 4096;

/** Characters of a label. */
export const longestLabel = 200;

/** Parts of one video. */
export const mostParts = 1000;

/** Paths of one request; a folder is one. */
export const mostPaths = 1000;

/** Videos that one request comes to. */
export const mostVideos = 100_000;

/** Entries of a folder that are shown. */
export const mostEntries = 2000;

/** Work that waits for its turn. */
export const mostWaiting = 32;

/** Work that is done, of which what came is still told. */
export const mostKeptJobs = 20;

/** Pages that are told of events at once. */
export const mostListeners = 32;

/** Bytes that may wait for a page that does not read; more, and it has to connect again. */
export const mostUnread = 2 ** 24;

/** Connections at once. */
export const mostConnections = 256;

/** Corrections that can be undone. */
export const mostUndone = 200;
