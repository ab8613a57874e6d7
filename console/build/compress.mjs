/**
 * Compresses the built files ahead, so that the server need not: `.br` and `.gz` beside each file that becomes
 * smaller by it. What is compressed already (fonts, pictures) is left alone, and so is what is too small to matter.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const PARTS = ['dist/console', 'dist/viewer'];
const COMPRESSIBLE = new Set([
    '.html',
    '.js',
    '.mjs',
    '.css',
    '.json',
    '.map',
    '.svg',
    '.txt',
    '.webmanifest',
    '.wasm',
]);
/** Below this a compressed form saves no packet. In bytes. */
const SMALLEST = 512;

const encoders = {
    '.br': (bytes) =>
        brotliCompressSync(bytes, {
            params: {
                [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
                [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
            },
        }),
    '.gz': (bytes) => gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }),
};

for (const part of PARTS.filter((part) => existsSync(part))) {
    for (const entry of readdirSync(part, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !COMPRESSIBLE.has(extname(entry.name))) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = readFileSync(path);
        if (bytes.length < SMALLEST) continue;
        for (const [ending, encode] of Object.entries(encoders)) {
            const encoded = encode(bytes);
            if (encoded.length < bytes.length) writeFileSync(path + ending, encoded);
        }
    }
}
