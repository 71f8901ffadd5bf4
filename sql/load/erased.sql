-- name: key
select key from ops.erasure_key

-- name: keep
insert into ops.erased (token, erasure_id)
select unnest(cast(:tokens as bytea [])), :erasure_id
on conflict do nothing

-- name: tokens
select token, erasure_id from ops.erased
