"""What the broker is made of: a bill of materials and the licences of all packages. ``make sbom`` writes both."""
