-- What a round was handed in with is kept as it was.

CREATE TRIGGER submission_is_kept BEFORE UPDATE OR DELETE ON cases_submission
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
REVOKE ALL ON cases_submission FROM gisportal_app;
GRANT SELECT, INSERT ON cases_submission TO gisportal_app;
