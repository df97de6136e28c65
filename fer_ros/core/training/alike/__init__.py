"""Which taught samples are most like a face; the dashboard shows them."""
