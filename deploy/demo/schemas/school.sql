-- As a school management system keeps it: pupils, schools, and who is enrolled where.
CREATE SCHEMA mis;
CREATE TABLE mis.school (
    school_id integer PRIMARY KEY,
    name text NOT NULL,
    office_phone text,
    safeguarding_lead text,
    lead_role text,
    lead_email text
);
CREATE TABLE mis.stud (
    stud_id text PRIMARY KEY,
    upn text,
    legal_forename text NOT NULL,
    legal_surname text NOT NULL,
    former_surname text,
    dob date,
    gender char(1),
    address_line text,
    postcode text,
    confidential char(1) NOT NULL DEFAULT 'N'
);
CREATE TABLE mis.enrolment (
    enrolment_id text PRIMARY KEY,
    stud_id text NOT NULL REFERENCES mis.stud,
    school_id integer NOT NULL REFERENCES mis.school,
    entry_date date NOT NULL,
    leaving_date date,
    last_attended date,
    enrol_status char(1) NOT NULL
);
CREATE INDEX ON mis.stud (upn);
CREATE INDEX ON mis.stud (legal_surname);
CREATE INDEX ON mis.stud (former_surname);
CREATE INDEX ON mis.stud (legal_forename);
CREATE INDEX ON mis.stud (dob);
CREATE INDEX ON mis.stud (postcode);
CREATE INDEX ON mis.enrolment (stud_id);

-- What the school data team lets the broker read, and nothing else.
CREATE SCHEMA family_context;
CREATE VIEW family_context.pupils AS
    SELECT e.enrolment_id, s.upn, s.legal_forename, s.legal_surname, s.former_surname, s.dob, s.gender, s.address_line,
           s.postcode, s.confidential, e.entry_date, e.leaving_date, e.last_attended, e.enrol_status,
           c.safeguarding_lead AS lead_name, c.lead_role, c.lead_email, c.name AS school_name,
           c.office_phone AS school_phone
    FROM mis.enrolment e JOIN mis.stud s USING (stud_id) JOIN mis.school c USING (school_id);
GRANT USAGE ON SCHEMA family_context TO family_context;
GRANT SELECT ON family_context.pupils TO family_context;
