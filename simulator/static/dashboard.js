// Meta's app dashboard, as far as a business needs it: an address for webhooks, and the challenge when it is saved.

const form = document.querySelector(".callback")
const outcome = form.querySelector(".outcome")

async function list() {
  const apps = await (await fetch("/control/apps")).json()
  form.app_id.replaceChildren(...apps.map((app) => new Option(app.app_id, app.app_id)))
  outcome.textContent = apps.length === 0 ? "There is no app yet; POST /control/apps makes one." : ""
}

form.addEventListener("submit", async (event) => {
  event.preventDefault()
  outcome.textContent = "Asking …"
  const wanted = Object.fromEntries(new FormData(form))
  const answer = await fetch("/control/apps", { method: "POST", body: JSON.stringify(wanted) })
  const app = await answer.json()
  outcome.textContent = app.verified ? "Verified and saved." : (app.error ?? "Refused.")
})

list()
