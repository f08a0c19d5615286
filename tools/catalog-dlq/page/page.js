"use strict";
// The filters' form asks for what was filled in alone, so that addresses stay short.
document.querySelectorAll(".filters form").forEach((form) => {
  form.addEventListener("submit", () => {
    form.querySelectorAll("input").forEach((input) => { input.disabled = input.value === ""; });
  });
});
