"""What people do on the page: record, train, choose models, lend a camera."""
