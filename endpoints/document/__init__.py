"""Facts -> one nested document of every number of the analysis plan, keyed for recomputation elsewhere. Pure."""
