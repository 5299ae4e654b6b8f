"""What a step shows: displays and figures as MIME bundles, variables, warnings; long texts are cut by truncation."""
