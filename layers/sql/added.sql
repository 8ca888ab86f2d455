-- Layers added without code: their features live under the rules of every versioned row, and a layer is retired, not deleted.

CREATE TRIGGER version_ends BEFORE UPDATE ON layers_feature FOR EACH ROW EXECUTE FUNCTION layers_end_version();
CREATE TRIGGER row_stays BEFORE DELETE ON layers_feature FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER table_stays BEFORE TRUNCATE ON layers_feature FOR EACH STATEMENT EXECUTE FUNCTION layers_refuse_change();
REVOKE ALL ON layers_feature FROM gisportal_app;
GRANT SELECT, INSERT, UPDATE (end_lifespan_version) ON layers_feature TO gisportal_app;

CREATE TRIGGER row_stays BEFORE DELETE ON layers_addedlayer FOR EACH ROW EXECUTE FUNCTION layers_refuse_change();
CREATE TRIGGER table_stays BEFORE TRUNCATE ON layers_addedlayer FOR EACH STATEMENT EXECUTE FUNCTION layers_refuse_change();
REVOKE ALL ON layers_addedlayer FROM gisportal_app;
GRANT SELECT, INSERT, UPDATE ON layers_addedlayer TO gisportal_app;
