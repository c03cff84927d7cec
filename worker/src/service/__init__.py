"""The chat service, free of any platform: `entry.py` connects it to Cloudflare."""
