-- The template that every database of an installation is cloned from: extensions and privileges are made once, by the
-- superuser, so that the owner role needs no more than CREATEDB. Built under another name and renamed when complete.
\set ON_ERROR_STOP on

DROP DATABASE IF EXISTS template_gisportal_new;
CREATE DATABASE template_gisportal_new TEMPLATE template0;
\connect template_gisportal_new

CREATE EXTENSION postgis;
CREATE EXTENSION btree_gist;
CREATE EXTENSION pg_trgm;

-- A migration adds the coordinate systems that PostGIS 3.3 does not know.
GRANT INSERT, UPDATE, DELETE ON spatial_ref_sys TO gisportal_owner;

-- Schema public belongs to whoever owns the database (pg_database_owner); nobody else creates in it.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO PUBLIC;

-- What the owner will create, the application may use row by row; migrations take back more.
ALTER DEFAULT PRIVILEGES FOR ROLE gisportal_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO gisportal_app;
ALTER DEFAULT PRIVILEGES FOR ROLE gisportal_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO gisportal_app;
ALTER DEFAULT PRIVILEGES FOR ROLE gisportal_owner IN SCHEMA public
    GRANT EXECUTE ON FUNCTIONS TO gisportal_app;

\connect postgres
SELECT 'ALTER DATABASE template_gisportal IS_TEMPLATE false'
WHERE EXISTS (SELECT FROM pg_database WHERE datname = 'template_gisportal')
\gexec
DROP DATABASE IF EXISTS template_gisportal;
ALTER DATABASE template_gisportal_new RENAME TO template_gisportal;
-- A template with a session in it cannot be cloned.
ALTER DATABASE template_gisportal IS_TEMPLATE true ALLOW_CONNECTIONS false;
