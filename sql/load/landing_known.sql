select sha256 from raw.bodies where sha256 = any(:hashes)
