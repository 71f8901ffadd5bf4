-- PE-Online's own books: what it knows, what it received, and the points it booked.
create table if not exists account (
    user_id text primary key,
    user_key text not null,
    mode text not null check (mode in ('live', 'test')),
    org_ids text not null,  -- comma between
    mandates text not null default ''  -- providers whose courses this account may send attendance for
);
create table if not exists person (
    org_id integer not null,
    number text not null,
    primary key (org_id, number)
);
create table if not exists person_pattern (  -- everybody whose number looks like this is known
    org_id integer not null,
    pattern text not null,
    primary key (org_id, pattern)
);
create table if not exists course (  -- one row per accreditation period
    org_id integer not null,
    pe_course_id integer not null,
    valid_from text not null,
    valid_to text not null,
    course_type integer not null default 2 check (course_type in (1, 2, 3, 4)),
    external_course_id text,
    provider text not null default '',  -- '' = the account's own
    primary key (org_id, pe_course_id, valid_from)
);
create table if not exists module (
    org_id integer not null,
    pe_course_id integer not null,
    pe_module_id integer not null,
    external_module_id text,
    primary key (org_id, pe_course_id, pe_module_id)
);
create table if not exists meeting (  -- of a classroom course; type 4 is accredited per edition
    org_id integer not null,
    pe_course_id integer not null,
    pe_edition_id integer not null,
    external_edition_id text,
    pe_meeting_id integer not null default 0,
    external_meeting_id text,
    primary key (org_id, pe_course_id, pe_edition_id, pe_meeting_id)
);
create table if not exists booking (
    org_id integer not null,
    person text not null,
    pe_course_id integer not null,
    pe_module_id text not null,
    moment text not null,  -- types 2 and 3: the end date in Dutch local time; 1 and 4: edition and meeting
    points integer not null,  -- 0: the same course on the same day was booked already
    booked_at text not null,
    primary key (org_id, person, pe_course_id, pe_module_id, moment)
);
create table if not exists received (
    id integer primary key,
    received_at text not null,
    call_id integer not null,
    line integer not null,
    user_id text not null,
    mode text not null,
    org_id integer not null,
    person text not null,
    course text not null,
    module text not null,
    end_date text not null,
    edition text not null,
    meeting text not null,
    attempt integer not null,  -- how often this very row was received, this time included
    outcome text not null check (outcome in ('accepted', 'rejected')),
    reason text not null
);
create index if not exists received_row on received (org_id, person, course, module, end_date, edition, meeting);
