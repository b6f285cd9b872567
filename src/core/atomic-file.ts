import writeFileAtomic from "write-file-atomic";

/** Writes a file so that, whatever happens, it is the old one or the new one, never a part. */
export async function writeFileAtomically(path: string, data: string | Uint8Array): Promise<void> {
  await writeFileAtomic(path, typeof data === "string" ? data : Buffer.from(data));
}
