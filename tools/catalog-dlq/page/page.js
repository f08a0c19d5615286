"use strict";
// The filters' form asks for what was filled in alone, so that addresses stay short.
document.querySelectorAll(".filters form").forEach((form) => {
  form.addEventListener("submit", () => {
    form.querySelectorAll("input").forEach((input) => { input.disabled = input.value === ""; });
  });
});

// A replay or drop under way: asked for each second, and at its end the page with its report.
const job = document.querySelector("[data-job]");
const words = document.getElementById("job-words");
const bar = document.getElementById("job-bar");

async function look() {
  try {
    const answer = await fetch("/progress?n=" + job.dataset.job, { cache: "no-store" });
    const now = await answer.json();
    if (now.ended) {
      location.reload();
      return;
    }
    if (words.textContent !== now.words) words.textContent = now.words;
    bar.max = now.total || 1;
    bar.value = now.done;
  } catch (error) {
    words.textContent = "The page does not answer: " + error.message;
  }
  setTimeout(look, 1000);
}
if (job) setTimeout(look, 300);
