-- Addresses are versions like every layer of the map. Of an outline its uid stays, whatever is drawn anew.

CREATE TRIGGER version_ends BEFORE UPDATE ON layers_address FOR EACH ROW EXECUTE FUNCTION layers_end_version();
CREATE TRIGGER row_stays BEFORE DELETE ON layers_address FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER table_stays BEFORE TRUNCATE ON layers_address FOR EACH STATEMENT EXECUTE FUNCTION layers_refuse_change();
REVOKE ALL ON layers_address FROM gisportal_app;
GRANT SELECT, INSERT, UPDATE (end_lifespan_version) ON layers_address TO gisportal_app;

REVOKE UPDATE ON layers_publicoutline FROM gisportal_app;
GRANT UPDATE (geom, closed_at) ON layers_publicoutline TO gisportal_app;
