"""What a user feels of an edge and of a central model: the page, behind a proxy that adds the round trips of a map."""
