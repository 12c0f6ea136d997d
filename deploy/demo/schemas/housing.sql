-- As a housing association's system exports it: one flat table, a row for each joint tenant,
-- dates as texts, day first.
CREATE TABLE TENANCY (
    TenantRef TEXT PRIMARY KEY,
    TenancyRef TEXT NOT NULL,
    FirstName TEXT,
    LastName TEXT,
    DateOfBirth TEXT,
    Sex TEXT,
    PropertyAddress TEXT,
    PostCode TEXT,
    TenancyStart TEXT,
    TenancyEnd TEXT,
    LastVisit TEXT,
    TenancyStatus TEXT,
    OfficerName TEXT,
    OfficerRole TEXT,
    Patch TEXT,
    OfficerPhone TEXT,
    OfficerEmail TEXT,
    Sensitive TEXT
);
CREATE INDEX tenancy_last_name ON TENANCY (LastName);
CREATE INDEX tenancy_first_name ON TENANCY (FirstName);
CREATE INDEX tenancy_birth ON TENANCY (DateOfBirth);
CREATE INDEX tenancy_post_code ON TENANCY (PostCode);
