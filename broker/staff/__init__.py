"""The staff directory: whom to ring, where a service's own record is poor or old."""
