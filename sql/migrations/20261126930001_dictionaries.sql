-- migrate:up

-- Bodies stay as they are: each says itself how it is compressed.
create table raw.dictionaries (
    dictionary_id bigint primary key,
    source text not null,
    resource text not null,
    dictionary bytea not null,
    made_at timestamptz not null default clock_timestamp(),
    unique (source, resource)
);
comment on table raw.dictionaries is 'What small answers of one resource of a source have in common, made of the first of them; frames of raw.bodies that were compressed with it hold its number, and cannot be read without it';

comment on table raw.bodies is 'Bodies of answers, each once, keyed by the hash of what was received; compressed as a frame of zstd (RFC 8878; its dictionary, if it names one, is that of raw.dictionaries), those of earlier versions with zlib';
comment on table raw.inbox is 'Messages that outside systems sent or dropped, each once, compressed as a frame of zstd (those of earlier versions with zlib), without what proved whose they are; origin is whose key or signature that was, key what makes it the same message when it comes again; the body goes when its retention ends';

-- migrate:down
