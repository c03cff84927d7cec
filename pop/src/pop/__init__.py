"""pop: a point of presence of one's own. Runs a Cloudflare Python Worker offline, on local models."""
