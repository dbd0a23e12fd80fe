// Pictures for phones and agents, drawn here so that the repository carries none.

import * as zlib from "node:zlib"

/** A PNG of a sky over hills, in the given hue; the same hue gives the same bytes. */
export function landscape(hue = 150, width = 320, height = 240) {
  const rows = []
  for (let y = 0; y < height; y += 1) {
    const row = Buffer.alloc(1 + width * 3)
    for (let x = 0; x < width; x += 1) {
      const isHill = y > height * (0.62 + 0.14 * Math.sin((x / width) * 7.8) + 0.05 * Math.sin((x / width) * 24.6))
      const shade = y / height
      const color = isHill ? [60 + hue / 4, 110 + 40 * (1 - shade), 70] : [150 + 60 * shade, 190 + 30 * shade, 225]
      color.forEach((value, channel) => (row[1 + x * 3 + channel] = Math.round(value) & 255))
    }
    rows.push(row)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", header),
    chunk("IDAT", zlib.deflateSync(Buffer.concat(rows))),
    chunk("IEND", Buffer.alloc(0)),
  ])
}

function chunk(name, content) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), content])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(checksum(body))
  return Buffer.concat([length, body, sum])
}

/** `zlib.crc32` came with Node 20.15. */
function checksum(bytes) {
  if (zlib.crc32) return zlib.crc32(bytes)
  let sum = ~0
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0)
  }
  return ~sum >>> 0
}
