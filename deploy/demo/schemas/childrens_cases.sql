-- As a children's case management system keeps it: case files, who holds them, people, and who is linked to which.
CREATE SCHEMA cms;
CREATE TABLE cms.worker (
    worker_id integer PRIMARY KEY,
    login text UNIQUE,
    display_name text,
    job_title text,
    team_name text,
    telephone text,
    email_address text
);
CREATE TABLE cms.case_file (
    case_number text PRIMARY KEY,
    category text NOT NULL,
    case_state text NOT NULL,
    opened_on date NOT NULL,
    closed_on date,
    last_recorded_on date,
    worker_id integer REFERENCES cms.worker
);
CREATE TABLE cms.allocation (
    allocation_id integer PRIMARY KEY,
    case_number text NOT NULL REFERENCES cms.case_file,
    login text NOT NULL REFERENCES cms.worker (login)
);
CREATE TABLE cms.person (
    person_id text PRIMARY KEY,
    first_name text NOT NULL,
    last_name text NOT NULL,
    previous_last_name text,
    date_of_birth date,
    sex text,
    address text,
    postcode text,
    nhs_number text,
    shielded char(1) NOT NULL DEFAULT 'N'
);
CREATE TABLE cms.link (
    link_id text PRIMARY KEY,
    case_number text NOT NULL REFERENCES cms.case_file,
    person_id text NOT NULL REFERENCES cms.person,
    link text NOT NULL
);
CREATE INDEX ON cms.allocation (case_number);
CREATE INDEX ON cms.person (nhs_number);
CREATE INDEX ON cms.person (last_name);
CREATE INDEX ON cms.person (previous_last_name);
CREATE INDEX ON cms.person (first_name);
CREATE INDEX ON cms.person (date_of_birth);
CREATE INDEX ON cms.person (postcode);
CREATE INDEX ON cms.link (case_number);
CREATE INDEX ON cms.link (person_id);

-- What the children's systems team lets the broker read, and nothing else: who is known by which case, and, for the
-- check of a case and its roster, who holds it and who is linked to it.
CREATE SCHEMA family_context;
CREATE VIEW family_context.involvements AS
    SELECT l.link_id, c.case_number, p.first_name, p.last_name, p.previous_last_name, p.date_of_birth, p.sex,
           p.address, p.postcode, p.nhs_number, p.shielded, c.category, c.case_state, c.opened_on, c.closed_on,
           c.last_recorded_on, w.display_name, w.job_title, w.team_name, w.telephone, w.email_address
    FROM cms.link l JOIN cms.person p USING (person_id) JOIN cms.case_file c USING (case_number)
    JOIN cms.worker w USING (worker_id);
CREATE VIEW family_context.case_people AS
    SELECT c.case_number, c.case_state, a.login AS worker_login, l.person_id, l.link, p.first_name, p.last_name,
           p.previous_last_name, p.date_of_birth, p.sex, p.address, p.postcode, p.nhs_number, p.shielded
    FROM cms.case_file c LEFT JOIN cms.allocation a USING (case_number) LEFT JOIN cms.link l USING (case_number)
    LEFT JOIN cms.person p USING (person_id);
GRANT USAGE ON SCHEMA family_context TO family_context;
GRANT SELECT ON family_context.involvements, family_context.case_people TO family_context;
