-- Processes that keep the calendar in memory see a change with its commit.
CREATE TRIGGER change_is_noted AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON worktime_officeday
    FOR EACH STATEMENT EXECUTE FUNCTION layers_note_hours('office_days');

REVOKE ALL ON worktime_officeday FROM gisportal_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON worktime_officeday TO gisportal_app;
