"""What huvudmän and groups are asked inside an uppföljning, and what they answer: workbooks out, checked answers in."""
