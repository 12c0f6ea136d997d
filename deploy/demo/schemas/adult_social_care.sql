-- As an adults' case system keeps it: people in capitals, episodes with a plan's state, and workers.
CREATE SCHEMA cases;
CREATE TABLE cases.worker (
    worker_id integer PRIMARY KEY,
    display_name text,
    job_title text,
    team_name text,
    telephone text,
    email_address text
);
CREATE TABLE cases.person (
    person_ref text PRIMARY KEY,
    first_names text NOT NULL,
    last_name text NOT NULL,
    previous_last_name text,
    date_of_birth date,
    gender_code text,
    address text,
    post_code text,
    nhs_no text,
    access_restricted boolean NOT NULL DEFAULT false
);
CREATE TABLE cases.episode (
    episode_id text PRIMARY KEY,
    person_ref text NOT NULL REFERENCES cases.person,
    plan_state text NOT NULL,
    state text NOT NULL,
    opened_on date NOT NULL,
    closed_on date,
    last_review_on timestamp,
    worker_id integer REFERENCES cases.worker
);
CREATE INDEX ON cases.person (nhs_no);
CREATE INDEX ON cases.person (last_name);
CREATE INDEX ON cases.person (previous_last_name);
CREATE INDEX ON cases.person (first_names);
CREATE INDEX ON cases.person (date_of_birth);
CREATE INDEX ON cases.person (post_code);
CREATE INDEX ON cases.episode (person_ref);
GRANT USAGE ON SCHEMA cases TO family_context;
GRANT SELECT ON cases.worker, cases.person, cases.episode TO family_context;
