"""The pages: what a browser is shown, and how whoever sits before it is signed in."""
