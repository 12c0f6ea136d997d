-- As a housing association's anti-social-behaviour system exports it each night: a row for each party to a case,
-- dates as texts, day first. The extract has these columns as its header.
CREATE TABLE asb (
    party_ref text PRIMARY KEY,
    case_ref text NOT NULL,
    category text NOT NULL,
    party_role text NOT NULL,
    forename text,
    surname text,
    dob text,
    sex text,
    address text,
    postcode text,
    opened text,
    closed text,
    last_action text,
    case_status text,
    officer text,
    officer_role text,
    team text,
    officer_phone text,
    officer_email text,
    sensitive text
);
CREATE INDEX asb_surname ON asb (surname);
CREATE INDEX asb_forename ON asb (forename);
CREATE INDEX asb_dob ON asb (dob);
CREATE INDEX asb_postcode ON asb (postcode);
