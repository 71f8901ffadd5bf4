-- migrate:up

-- Who may be whom is found by an index on hashes and not by comparing everybody with everybody. Whatever is the same in
-- its normal form (etl/transform/normal_form.py) has the same hash: of Unicode's decomposed form the letters and digits
-- of ASCII. Who has the same hash is compared by that normal form.
do $$
begin
    if getdatabaseencoding() = 'UTF8' then
        create function core.match_key(value text) returns bigint language sql immutable parallel safe as $body$
        select hashtextextended(
            lower(regexp_replace(normalize(nullif(value, ''), nfd), '[^a-zA-Z0-9]+', '', 'g') collate "C"), 0
        )
        $body$;
    else  -- which has no normal forms: whoever has anything may be anybody
        create function core.match_key(value text) returns bigint language sql immutable parallel safe as $body$
        select hashtextextended(left(nullif(value, ''), 0), 0)
        $body$;
    end if;
end
$$;
comment on function core.match_key is 'A hash that is the same where codes, names or addresses are the same in their normal form; other ones have it too, rarely where they are written in letters of ASCII. Nothing has none';

create index on core.clients (core.match_key(client_code));
create index on core.clients (core.match_key(username));
create index on core.clients (core.match_key(email));
create index on core.clients (core.match_key(surname));
create index on core.clients (core.match_key(given_name), core.match_key(surname));

create index on core.site_accounts (source, core.match_key(idnumber));
create index on core.site_accounts (source, core.match_key(username));
create index on core.site_accounts (source, core.match_key(email));
create index on core.site_accounts (source, core.match_key(surname));
create index on core.site_accounts (source, core.match_key(given_name), core.match_key(surname));

create index on core.moodle_accounts (client_code);
create index on core.moodle_accounts (user_id);

-- migrate:down
