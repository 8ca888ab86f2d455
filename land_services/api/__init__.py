"""The API of services and cases below ``/api/v1/``: what the pages do, for other systems."""
