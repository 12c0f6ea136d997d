-- As a police records system keeps it: nominals (the same person may be two of them), occurrences,
-- and who is party to which.
CREATE SCHEMA rms;
CREATE TABLE rms.nominal (
    nominal_no text PRIMARY KEY,
    forename_1 text NOT NULL,
    surname text NOT NULL,
    maiden_name text,
    born date,
    sex char(1),
    last_known_address text,
    last_known_postcode text,
    do_not_share boolean NOT NULL DEFAULT false
);
CREATE TABLE rms.occurrence (
    occurrence_no text PRIMARY KEY,
    category text NOT NULL,
    stage text NOT NULL,
    created_on date NOT NULL,
    finalised_on date,
    last_action_on date,
    officer text,
    officer_rank text,
    unit text,
    unit_phone text,
    officer_email text
);
CREATE TABLE rms.party (
    party_no text PRIMARY KEY,
    occurrence_no text NOT NULL REFERENCES rms.occurrence,
    nominal_no text NOT NULL REFERENCES rms.nominal,
    party_role text NOT NULL
);
CREATE INDEX ON rms.nominal (surname);
CREATE INDEX ON rms.nominal (maiden_name);
CREATE INDEX ON rms.nominal (forename_1);
CREATE INDEX ON rms.nominal (born);
CREATE INDEX ON rms.nominal (last_known_postcode);
CREATE INDEX ON rms.party (nominal_no);
GRANT USAGE ON SCHEMA rms TO family_context;
GRANT SELECT ON rms.nominal, rms.occurrence, rms.party TO family_context;
