import { Page } from './page';
import { recall } from './call/saved-call';

const page = new Page();
const former = await recall();
if (former) await page.begin(former);
