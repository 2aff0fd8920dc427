"""What the engine costs, beside the same analysis as a plain script."""
