-- As a police records system keeps it: nominals, who may stand in it twice, and occurrences.
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
    nominal_no text NOT NULL REFERENCES rms.nominal,
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
CREATE INDEX ON rms.nominal (surname);
CREATE INDEX ON rms.nominal (maiden_name);
CREATE INDEX ON rms.nominal (forename_1);
CREATE INDEX ON rms.nominal (born);
CREATE INDEX ON rms.nominal (last_known_postcode);
CREATE INDEX ON rms.occurrence (nominal_no);
GRANT USAGE ON SCHEMA rms TO family_context;
GRANT SELECT ON rms.nominal, rms.occurrence TO family_context;
