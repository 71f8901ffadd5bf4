select fingerprint from ops.views_applied
