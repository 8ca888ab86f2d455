-- What a case holds is kept: attempts and papers are added, never rewritten or deleted; a paper may be superseded.

CREATE TRIGGER attempt_is_kept BEFORE UPDATE OR DELETE ON cases_attempt
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER case_stays BEFORE DELETE ON cases_case FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER issueddocument_stays BEFORE DELETE ON cases_issueddocument
    FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();

REVOKE ALL ON cases_case, cases_attempt, cases_issueddocument FROM gisportal_app;
GRANT SELECT, INSERT, UPDATE ON cases_case TO gisportal_app;
GRANT SELECT, INSERT ON cases_attempt TO gisportal_app;
GRANT SELECT, INSERT, UPDATE (superseded_by_id) ON cases_issueddocument TO gisportal_app;
