/**
 * The 2,048 words that codes are made of, so that each stands for 11 bits.
 *
 * They are chosen to be dictated over a telephone: common, pleasant English words of 3 to 8 letters with one usual
 * spelling. None sounds like another common word, and none is a number. No word is the beginning of another. One typing
 * mistake (a letter changed, added or left out, or two neighbours swapped) never turns a word into another word.
 */

/** The words, in alphabetical order. */
export const WORDS: readonly string[] = `
  abacus absent academy acorn acrobat across active adapt address adjust admiral admire adobe advance adverb advice
  aerial afford afloat agate agenda aglow ahead airfield airlift airline airport airship album alcove alder algae
  algebra alibi alien alloy allspice almanac almond alpaca alphabet alpine amaze ambient ambition amenity amethyst
  anagram anatomy anchor anchovy ancient android anemone animal ankle anteater antenna anthem antler anvil apex appetite
  applause apple appoint apricot april apron aptitude aquarium aquatic aqueduct arcade archive arctic arena argue
  armchair aroma arrival arrive article artist artwork ashore aside asleep aspect asphalt asteroid astound athlete
  atlantic atlas atoll atrium attach attempt attend attic attract auburn audio august aurora author automate autumn
  avatar avenue average avocado avoid await awake awesome awning axiom azure baboon backdrop backpack backyard badger
  bagel baggage bagpipe bakery balance balcony ballad balloon ballpark ballroom bamboo banana banjo banner banquet
  barefoot bargain barista barley barnacle barnyard baseball basement basin basket bathtub battery beacon beaker beanbag
  beard bedrock bedroom beeline beeswax beetle begin behave behind beige believe bellhop bellows belong beneath benefit
  bestow better between beverage beyond bicycle bingo biology birch birdbath birdsong birthday blanket blazer blend
  blimp blizzard blossom blouse blubber bluebell bobcat bobsled bonfire bonus bookcase bookmark bookshop boost border
  borrow botany bottom bounce bowler bowtie boxcar bracelet brainy branch brass bravo breeze brevity briefing bright
  broccoli bronze broom brownie bucket buddy buffalo bugle builder bulb bulldog bulletin bullfrog bumpy bundle bungalow
  burlap burrito bushel business button buzzer byway cabbage cabinet caboose cactus cadet calcium calendar camera
  campfire campus canary canister canoe canopy canteen canyon capsule captain capybara caramel carbon cardamom cardigan
  career carnival carousel carpet carpool cartoon cascade cassette castaway castle casual caterer catfish catnip cavern
  celery century ceramic chamber champion channel chapter charcoal charisma chart checkers cheddar cheetah chef chemist
  cherry chess chestnut chiffon chill chimney chipmunk chisel chowder chrome cider cinema cinnamon circle circuit circus
  citadel citizen citrus city civic clarinet clarity classic clay clear client climate clinic closet cloth cloud clover
  cluster cobalt cobbler cobweb coconut collect college column combine comedy comet comfort common commute compact
  complex compost computer concert concrete condor confetti confide console consult contact contest control convoy
  cookbook copilot copper copycat corduroy cork cornmeal corridor cosmos costume cottage cougar counter country couple
  courage courtesy cradle craft crayon create creature credit crescent cricket crimson crisp crocus crossing crouton
  crown crumb crunch crystal cube cubicle cucumber culture cupboard cupcake curator curious curly cursor curve cushion
  custard custom cutlery cutout cycle cylinder daffodil dahlia daisy damask dance dashing daydream daytime dazzle decide
  decimal deck decorate deepen degree delicate delight deliver delta deluxe denim dentist depart deposit depth deputy
  derby design develop devote dewdrop diagonal diagram dialect diamond diary dictate diesel differ digest digital
  dignity dilemma dimple dining dinner dinosaur diploma direct discover discuss dish dispatch display distance ditto
  divide doctor document dogwood dollar dolphin domain domino donkey doorbell doorway dormouse dorsal double downtown
  dozen dragon dramatic drape drawer dream drift drink drizzle drumbeat drummer duchess duckling duet dugout dulcimer
  dumpling duplex duration dusk dustpan dwell dynamic earmuff earnest earring earshot easily eastward echo eclipse
  ecology economy edible editor educate effort eggplant eggshell elbow elegant element elephant elevator elixir elm
  embark ember emblem embrace emerald emerge emotion employ empty enchant encore endless endorse energy engage engine
  engrave enormous enough enrich entire entrance entrust envelope envision envoy episode epoch equal equator equinox
  equip eraser errand escort estate estimate eternal ethics evening event evident evolve exact example excel exchange
  excite exercise exotic expand explain explore exponent export express extend extra eyebrow eyelash eyesight fabric
  fabulous factory faculty fairway falafel falcon family famous fancy fanfare fantasy farewell farmer farmland fashion
  fasten fathom faucet fearless fedora fencing fern ferret festival fetch fiction fiddler field figure figurine filter
  finale finch firefly fireside fishbowl flagpole flagship flamingo flannel flapjack flask fleece flicker flight flint
  flip flock floral florist fluffy flute flutter foghorn fondue football foothill footnote footstep force forecast
  forklift format formula fortress fortune forum fossil foxglove fraction fragile fragrant frame freckle freedom
  freehand frequent fresco fresh friday fridge friend fritter frog frosty frozen frugal fruity fudge fulcrum full
  function furnace furrow future fuzzy gadget galaxy gallery gallop garage garden gargle garland garlic garment gateway
  gazebo gazelle gecko gelato gem general generous genius genuine geology geometry geranium gerbil gesture geyser giant
  giddy gift giggle gingham giraffe glacier glance glass gleam glimmer glimpse glisten glitter global glory glossary
  glue goalie goblet goggles golden goldfish gondola goose gopher govern gown gradual graduate grammar granary granite
  granola graphic grateful gravity gravy greeting griddle griffin grocery group guard guava guess guidance guitar gulf
  gumball gumdrop guppy gymnast habitat haircut halibut hallway halo hamlet hammock hamster handbook handmade handrail
  handy happen happy hardware harmony harness harpist harvest hawk hayride haystack hazel headband headline heaven
  hedgehog height helmet hemline herald herb heritage heron hexagon hibiscus hiccup hickory hillside hilltop hinge
  history holiday hollow holster homemade homework honest honeybee hoodie hoof hopeful horizon hornet house hover human
  humble humming hummus hurry husky hyacinth hybrid hydrant hydrogen iceberg icebox icicle icing iconic ideal identity
  igloo iguana imagine imitate immense impact impala import impress improve impulse inbox incline include increase index
  indigo indoor infinite inform initial inkwell input inside inspect inspire install instant instinct interest inventor
  invest invite iris island isotope italic ivory jackal jackpot jaguar jalopy jamboree january jargon jasmine jasper
  jaybird jazz jeep jersey jigsaw jockey join jolly journal journey jovial joyful joystick jubilee juicy jukebox jumbo
  june jungle junior juniper justice kangaroo karate kayak kebab keepsake kelp ketchup keyboard keyhole keynote keyring
  khaki kickoff kindness kinetic kingdom kiosk kitchen kite kiwi knapsack koala krill lacrosse ladle ladybug lagoon
  lakeside lamp landmark lantern laptop lasagna lasso lasting latitude lattice laugh launch laundry laurel lava lavender
  layer leather legacy legend legume leisure lemming lemonade lemur lentil leopard level liberty library lifeboat
  lifetime likewise lilac limerick limit linden lineage lion liquid litmus lively living loaf lobby lobster locate
  locust lodge lofty logic logo lollipop longhorn lookout loosen lotus lounge lozenge lucky luggage lukewarm lullaby
  lunar lunchbox lupine luxury lyrical macaroni macaw machine mackerel magenta magma magnet magnify magnolia magpie
  mahogany mailbox mailman mainland majestic major makeup mallard mammal mammoth manage mandarin mandolin mango mansion
  manual maraca marathon marble margin marigold marimba marina marmot marsh marvel mascot material matinee matrix
  mattress maximum meadow mealtime meander measure mechanic medley melody memoir memory mention menu merchant mercury
  merit mermaid message metallic method metro micro midday midnight midpoint migrate mileage milkman millet mimic mimosa
  mineral minibus minimum minnow minute miracle mirror mission mitten mixture mobile mocha modem modern modest modify
  mohair molasses molecule moment monday mongoose monitor month monument moonbeam moonrise moss motel motor movie
  mulberry murmur museum mushroom music muskrat muslin mustang myrtle mystery myth nacho name napkin narrate narrow
  narwhal natural nautical navigate nearby neat nebula necklace nectar neptune network neutral neutron newton nickname
  nightcap nimble nimbus nitrogen nocturne noise nomad normal north notebook notion november novice nozzle nucleus
  nugget nursery nurture nutmeg nutshell nylon oasis oatcake oatmeal obelisk object oboe observe obtain obvious occasion
  occupy ocean ocelot octagon october octopus office offset olive omega onion online onlooker onstage onward onyx opera
  opinion opossum optimist option oracle orange orbit orchard orchid oregano origami original oriole ornament ornate
  ostrich otter ottoman outback outboard outdoor outfit outing outline outlook outpost outreach outside oval ovation
  overcoat overlap oversee overture owl owner oxygen ozone package padlock pageant pagoda palace palm pamphlet pancake
  panda panorama panther paper paprika papyrus paradise paradox paragon parallel parasol parcel parka parrot parsley
  parsnip partner passage passport pasta pastry pasture pathway patio patrol pattern pavement pavilion payment peacock
  peanut pearl pebble pecan pelican pencil pendulum penguin pennant pension people perfect perform perfume period permit
  person petunia pewter pharmacy pheasant photo physics piccolo pickle picnic picture piglet pigment pillar pinball
  pinecone pinpoint pinwheel pioneer pirate pitcher pivot pixel pizza placid planet plank plaster plastic platinum
  platypus playful playtime plaza plenty pliers plumage plumber plush plywood podium poem poetry polite polka pollen
  polygon pontoon pony poodle popcorn poppy popular porpoise porridge portable portal portrait position possible
  postcard postman potluck pottery pouch poultry powder prairie precise predict prefer prelude premium prepare present
  preserve pretty pretzel primary print prism pristine private profile progress promise prompt proof propel prosper
  protect proton proud proverb provide province prudent publish pudding puffin pulley pullover pulse puma pumpkin puppet
  purchase purify purple pursuit puzzle pyramid python quadrant quail quaint quality quantity quarry quartet quench
  quest quickly quiet quince quirky quiver quiz quote raccoon racecar radar radiant radiator radish radius rafter
  ragtime railcar railroad railway rainbow raincoat rally rancher random rapid raven ravine ravioli reactor recent
  recipe recital recline record recover recruit recycle redwood reef refill reflect refrain refresh refund regatta
  region regular reindeer rejoice relic relief relish remedy remember remind remote rental repair repeat reply reptile
  request rescue research resist resolve respect respond restart restful restore resume retreat return reunion reveal
  reverse review reward rhombus rhubarb rhythm rice rigid riverbed roadside roast robin robot robust rocket rookie
  rooster rosebud rosemary rotate rotunda roundup routine rowboat royal rucksack rugby ruler runway rural rustic safari
  safety saffron sailboat salad salami salmon salsa salute sample sandal sandbox sandwich sapphire sardine satchel satin
  saturday saturn saucer sauna sausage scallop scamper scarf scarlet scatter scenic scholar school schooner science
  scissors scout scramble scrap scratch screen scribble script sculptor seabird seafood seahorse seaplane search seaside
  season seaweed second secure sedan sediment seesaw segment seldom select sensible sentence sentinel sequel sequence
  sequin serenade series sesame settle shadow shallow shampoo shamrock shape shelf shelter shimmer shipment shipyard
  shirt shoelace shop shortcut shoulder shovel showcase shower shrimp shrub shuffle shuttle sibling sidecar sideline
  sidewalk siesta signal signpost silence silk silver similar sincere singer siren sizzle sketch skillet skip skydive
  skylark skyline slalom sleepy sleeve slender slide slipper slogan sloop smart smile smooth snack snail snapshot
  sneaker snippet snore snorkel snowfall snowman snowshoe snuggle soccer social society sofa softball software solemn
  solstice solution solve someday sonar sonata songbird sonnet soothe soprano sound soybean spacious spaniel sparkler
  sparrow spatula speak special spectrum speech speedway spell spend sphere sphinx spice spinach spindle spiral spirit
  splash splendid split spoken sponge sponsor spoon spotless spray sprinkle sprout spruce square squash squeak squid
  squirrel stable stadium staff stairway stamina standard stapler starfish starlit statue steady stellar stencil stereo
  sterling stew stopper storage storm stove straw stream street stretch strict stripe stroll strong strudel student
  stumble stump sturdy stylish sublime subtle suburb subway success sugar suggest suitcase summer summit sunbeam sundeck
  sunlight sunrise sunroof sunset supply support supreme surface surfer surprise survey swan sweater swerve swim swing
  switch swivel sycamore syllable symmetry symphony synonym syrup system tabletop tackle taco tactful tadpole tailor
  talent tandem tangent tapestry tapioca target tarmac tarragon tartan tassel taxi teacup teamwork teapot teaspoon teddy
  telegram temper tempest tempo tenant tennis tenor terrace terrain terrier textile texture thankful thaw theme theorem
  theory thermal thermos thicken thimble thirsty thistle thorn thought thread thrifty thrill thrive throttle throw
  thrush thumb thunder thursday tiara tiger timeless timid tinsel tiny tiptoe tissue titan toaster toboggan toffee
  together token tomato tongs toolbox topaz topcoat topic topsoil torch tortilla tortoise tourist township toy tractor
  traffic trailer train tranquil transfer trapeze travel treasure treaty treetop trellis tremble tremor triangle tribute
  tricycle trinket triple tripod triumph trivia trolley trombone tropical trout trowel truffle trumpet trunk truth
  tuesday tugboat tulip tundra tunic tunnel turbine turbo turkey turmeric turnip turnpike turret turtle tutor tuxedo
  tweed twig twilight twinkle twirl twist typeface typical ultimate ultra umbrella umpire underdog unfold unicorn
  uniform unique universe unlock unusual unwind upbeat update upgrade upkeep upland uplift upper upright upstairs
  upstream uptown upward urban urchin urgent usher utensil utopia vacation vaccine vacuum valiant valid value vanilla
  variety varnish vase vector vehicle velocity velvet vendor venture verbal verify version vertical vessel viaduct
  vibrant vicinity victory video viewer viking village vinegar vineyard vintage violet violin virtual visible vision
  visitor vitality vitamin vivid vocal volt volume vowel voyage waddle wafer waffle wagon walkway wallaby wallet walnut
  walrus waltz wander warbler wardrobe warmth wash watch waterway wattle wavy wealth webcam website weekend welcome
  western wetland wheat whimsy whisper white wicker widget wildlife willow windmill window wingspan wintry wisdom
  wishbone witness wizard wolf wombat woodland woodwind wool workshop wrangle wreath wren wriggle wrinkle writer yacht
  yarn yearbook yearling yeast yellow young youth yummy zebra zephyr zeppelin zest zigzag zinc zircon zither zodiac
  zoology zucchini
`
  .trim()
  .split(/\s+/);
