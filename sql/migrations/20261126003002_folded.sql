-- migrate:up

create function core.folded(value text) returns text language sql immutable strict parallel safe as $$
select case
    when getdatabaseencoding() <> 'UTF8' then lower(btrim(value))
    -- look-alikes of ASCII, which Unicode calls equal to it
    when given.trimmed ~ '[\u212a\u037e\u1fef]' then given.trimmed
    else normalize(lower(normalize(given.trimmed, nfc)), nfc)
end
from (
    select regexp_replace(
        regexp_replace(
            value,
            '^[\s\u0001-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u2000-\u200f\u2028-\u202f'
            || '\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0]+|'
            || '[\s\u0001-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u2000-\u200f\u2028-\u202f'
            || '\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0]+$',
            '',
            'g'
        ),
        '[\s\u00a0\u2000-\u200a\u202f\u205f\u3000]+',
        ' ',
        'g'
    ) as trimmed
) as given
$$;
comment on function core.folded is 'The form in which codes and names are compared, as etl/transform/normal_form.py has it: trimmed of blanks and of what does not show, lower-case, Unicode NFC';

-- migrate:down
