// A folder as a zip archive, its files stored as they are: what a browser takes for an extension.

import { readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { crc32 } from "node:zlib";

const UTF8_NAMES = 0x0800;
/** The first day the format knows: what is packed twice is the same twice. */
const DATE = 0x0021;

/** The bytes of an archive with every file below the folder. */
export function zipped(folder) {
  const parts = [];
  const entries = [];
  let offset = 0;
  for (const found of readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())) {
    const path = join(found.parentPath, found.name);
    const name = Buffer.from(relative(folder, path).replaceAll(sep, "/"));
    const bytes = readFileSync(path);
    // Version, flags, method, time, date, checksum, both sizes, length of the name, of what follows it.
    const about = Buffer.alloc(26);
    for (const [at, value] of [[0, 20], [2, UTF8_NAMES], [8, DATE], [22, name.length]]) about.writeUInt16LE(value, at);
    for (const [at, value] of [[10, crc32(bytes)], [14, bytes.length], [18, bytes.length]]) about.writeUInt32LE(value, at);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const local = [Buffer.from("PK\x03\x04", "latin1"), about, name, bytes];
    entries.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), about, place, name);
    parts.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  for (const at of [8, 10]) end.writeUInt16LE(entries.length / 4, at);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}
