"""The service: a Django project that keeps parcels, watches over them, tells of them, and shows them. See README.md."""
