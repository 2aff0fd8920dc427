"""What people type on the pages of this app, outside the case report forms."""
