// Asks @sigstore/verify about many proofs: one JSON object a line in, true or false a line out.
import { createPublicKey } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const verify = require.resolve("@sigstore/verify");
const { verifyCheckpoint } = require(`${verify}/../tlog/checkpoint.js`);
const { verifyMerkleInclusion } = require(`${verify}/../tlog/merkle.js`);

function accepts({ leaf, index, path, note, key }) {
  const [name, id, encoded] = key.split(/\+(.*?)\+(.*)/s);
  const publicKey = createPublicKey({
    format: "jwk",
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(encoded, "base64").subarray(1).toString("base64url") },
  });
  const entry = {
    canonicalizedBody: Buffer.from(leaf, "hex"),
    inclusionProof: {
      logIndex: String(index),
      hashes: path.map((hash) => Buffer.from(hash, "hex")),
      checkpoint: { envelope: note },
    },
  };
  try {
    const log = { logID: Buffer.from(id, "hex"), baseURL: name, publicKey };
    verifyMerkleInclusion(entry, verifyCheckpoint(entry, [log]));
  } catch (error) {
    if (error.code !== "TLOG_INCLUSION_PROOF_ERROR") throw error;
    return false;
  }
  return true;
}

for await (const line of createInterface({ input: process.stdin })) console.log(accepts(JSON.parse(line)));
