import { createHmac } from "node:crypto";

/** What an authenticator app shows for a key now, or some steps of 30 seconds later (RFC 6238). */
export function code(key: string, later = 0): string {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const bits = [...key.replace(/\s/g, "")].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
    const secret = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
    const step = Buffer.alloc(8);
    step.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
    const hash = createHmac("sha1", secret).update(step).digest();
    const at = hash[hash.length - 1] & 15;
    return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
