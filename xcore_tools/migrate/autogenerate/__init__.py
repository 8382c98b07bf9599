"""What a new revision may say."""
