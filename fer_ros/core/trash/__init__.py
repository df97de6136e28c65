"""What was discarded and can still be brought back; knows files and folders, not what a bag is."""
