-- migrate:up

-- A fact is found by a hash of it: comparing whole facts, and writing each into the index whenever its item changes, was
-- most of what sending cost the database. jsonb keeps one order of keys and one spelling, so a fact has one text; its
-- bytes are taken as they are, since converting their encoding is not immutable.
create function ops.fact_of(business_key jsonb) returns bytea language sql immutable parallel safe
return sha256(decode(replace(business_key::text, '\', '\\'), 'escape'));
comment on function ops.fact_of is 'Hash of what an item says, the same for the same fact';

alter table ops.outbox
add column fact bytea not null generated always as (ops.fact_of(business_key)) stored,
drop constraint one_item_a_fact;
alter table ops.outbox add constraint one_item_a_fact unique (fact, target, kind);
comment on column ops.outbox.fact is 'Hash of the business key, by which the item is found';

-- migrate:down
